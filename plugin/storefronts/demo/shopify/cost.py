"""What a document costs, and the bucket that it is taken from.

Objects cost one point, a list as many as it may hold, a mutation ten more; a document of more than 1,000 is never run.
A request waits until the bucket holds what it may cost at most, and is given back what it did not use:
https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits. Shopify sizes long lists more kindly than this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

MOST = 1000
MUTATION = 10


@dataclass
class Bucket:
    """Points, restored continuously; ``at`` is when ``available`` was true."""

    at: datetime
    capacity: int = 1000
    restored: int = 50  # per second
    available: float = 1000.0

    def refill(self, now: datetime) -> None:
        passed = max((now - self.at).total_seconds(), 0.0)
        self.available, self.at = min(self.capacity, self.available + passed * self.restored), now

    def status(self) -> dict[str, Any]:
        return {
            "maximumAvailable": float(self.capacity),
            "currentlyAvailable": int(self.available),
            "restoreRate": float(self.restored),
        }


def requested(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """What the document may cost at most."""
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    defaults = {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions or ()
        if isinstance(each.default_value, IntValueNode)
    }
    root = schema.get_root_type(operation.operation)
    extra = MUTATION if operation.operation is OperationType.MUTATION else 0
    return extra + _Sizes(schema, fragments, {**defaults, **variables}).of(operation.selection_set, root)


def actual(answer: Any) -> int:
    """What it did cost: the objects that came back."""
    if isinstance(answer, dict):
        return 1 + sum(actual(each) for each in answer.values())
    return sum(actual(each) for each in answer) if isinstance(answer, list) else 0


@dataclass
class _Sizes:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def of(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> int:
        total = 0
        for each in selections.selections if selections else ():
            if isinstance(each, FragmentSpreadNode):
                fragment = self.fragments[each.name.value]
                total += self.of(fragment.selection_set, self.schema.get_type(fragment.type_condition.name.value))
            elif isinstance(each, InlineFragmentNode):
                named = each.type_condition.name.value if each.type_condition else None
                total += self.of(each.selection_set, self.schema.get_type(named) if named else parent)
            elif isinstance(each, FieldNode):
                total += self._field(each, parent)
        return total

    def _field(self, field: FieldNode, parent: GraphQLNamedType | None) -> int:
        if not isinstance(parent, GraphQLObjectType) or field.name.value in ("__typename", "pageInfo"):
            return 0
        type = get_named_type(parent.fields[field.name.value].type)
        if not is_composite_type(type):
            return 0
        inside = self.of(field.selection_set, None if is_abstract_type(type) else type)
        if type.name.endswith("Connection"):
            return self._times(field) * max(inside, 1)
        return self._times(field) * (1 + inside)

    def _times(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value == "first":
                value = argument.value
                if isinstance(value, VariableNode):
                    return int(self.variables.get(value.name.value) or 1)
                if isinstance(value, IntValueNode):
                    return int(value.value)
        return 1
