"""Why a version of a policy was not saved, scheduled or published. Each says what to do about it."""

from __future__ import annotations

from plugin.core.errors import DomainError


class PolicyChanged(DomainError):
    """Another version has gone live since this person looked: ``number``, ``hash``, ``by`` and ``at`` say whose."""

    status = 409
    code = "policy_changed"
    sentence = "Somebody else was faster: another version is live by now. Look at it before you publish yours."


class DraftChanged(DomainError):
    """The draft is not the one that this person has seen: ``hash``, ``by`` and ``at`` say which it is, if any."""

    status = 409
    code = "draft_changed"
    sentence = "Somebody else was faster: the draft is another one by now. Look at it first."


class NoDraft(DomainError):
    status = 404
    code = "no_draft"
    sentence = "This shop has no draft of a policy."


class NothingScheduled(DomainError):
    status = 404
    code = "nothing_scheduled"
    sentence = "No version of the policy is scheduled."


class AlreadyScheduled(DomainError):
    status = 409
    code = "already_scheduled"
    sentence = "A version is scheduled already. Take it back to a draft before you schedule another one."


class NoSuchVersion(DomainError):
    status = 404
    code = "no_such_version"
    sentence = "This shop's policy never had a version of this number."


class NotInTheFuture(DomainError):
    status = 422
    code = "not_in_the_future"
    sentence = (
        "A version is scheduled for a time that is still to come, within ten years. To have it decide now, publish it."
    )


class SecondPersonNeeded(DomainError):
    """The shop has it that nobody publishes what they wrote themselves (``ShopSettings.publishing``)."""

    status = 403
    code = "second_person_needed"
    sentence = (
        "In this shop a colleague publishes what you wrote. Save it as a draft, and ask one of them to look at it."
    )


class Unsound(DomainError):
    """The linter found errors, such as rows below the law: ``remarks`` are all of them, in its own words."""

    status = 422
    code = "policy_unsound"
    sentence = "This policy cannot be published as it is. The remarks say which rows and why."
