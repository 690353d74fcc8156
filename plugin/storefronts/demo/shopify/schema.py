"""The part of the Admin GraphQL schema that Comeback uses, version 2026-07, by the names and the nullability that
https://shopify.dev/docs/api/admin-graphql/2026-07 gives. What is not here cannot be asked, so that a document with a
field that we only believe in fails. ``@idempotent`` is documented in
https://shopify.dev/docs/api/usage/idempotent-requests."""

from __future__ import annotations

from graphql import GraphQLSchema, build_schema

from plugin.storefronts.demo.shopify.schema_input import INPUT

_OUTPUT = """
directive @idempotent(key: String!) on FIELD
scalar DateTime
scalar Decimal
scalar Money
scalar URL

interface Node { id: ID! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type UserError { field: [String!] message: String! }
type MoneyV2 { amount: Decimal! currencyCode: String! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type TaxLine { title: String! rate: Float priceSet: MoneyBag! }
type DiscountAllocation { allocatedAmountSet: MoneyBag! }
type Duty { price: MoneyBag! taxLines: [TaxLine!]! }
scalar CountryCode
enum ProductStatus { ACTIVE ARCHIVED DRAFT UNLISTED }
type Product implements Node {
  id: ID! title: String! status: ProductStatus! variants(first: Int, after: String): ProductVariantConnection!
}
enum ProductVariantInventoryPolicy { DENY CONTINUE }
type InventoryItem implements Node { id: ID! tracked: Boolean! }
type ProductVariantContextualPricing { price: MoneyV2! }
type ProductVariant implements Node {
  id: ID! title: String! sku: String price: Money! availableForSale: Boolean! inventoryQuantity: Int
  inventoryPolicy: ProductVariantInventoryPolicy! taxable: Boolean! inventoryItem: InventoryItem! product: Product!
  contextualPricing(context: ContextualPricingContext!): ProductVariantContextualPricing!
}
type ProductVariantConnection { nodes: [ProductVariant!]! pageInfo: PageInfo! }
type Metafield implements Node { id: ID! value: String! }
type Location implements Node { id: ID! }
interface StoreCreditAccountTransaction { amount: MoneyV2! createdAt: DateTime! }
type StoreCreditAccountCreditTransaction implements StoreCreditAccountTransaction & Node {
  id: ID! amount: MoneyV2! createdAt: DateTime!
}
type StoreCreditAccountTransactionConnection { nodes: [StoreCreditAccountTransaction!]! pageInfo: PageInfo! }
type StoreCreditAccount implements Node {
  id: ID! transactions(first: Int, after: String, reverse: Boolean): StoreCreditAccountTransactionConnection!
}
type StoreCreditAccountConnection { nodes: [StoreCreditAccount!]! pageInfo: PageInfo! }
type CalculatedLineItem { id: ID! quantity: Int! }
type CalculatedLineItemConnection { nodes: [CalculatedLineItem!]! pageInfo: PageInfo! }
type CalculatedOrder implements Node {
  id: ID! totalPriceSet: MoneyBag! taxLines: [TaxLine!]!
  lineItems(first: Int, after: String): CalculatedLineItemConnection!
}
type LineItem implements Node {
  id: ID! title: String! variantTitle: String sku: String product: Product variant: ProductVariant
  quantity: Int! currentQuantity: Int!
  unfulfilledQuantity: Int! originalUnitPriceSet: MoneyBag! discountAllocations: [DiscountAllocation!]!
  taxLines(first: Int): [TaxLine!]! duties: [Duty!]! isGiftCard: Boolean! requiresShipping: Boolean!
}
type LineItemConnection { nodes: [LineItem!]! pageInfo: PageInfo! }
type ShippingLine {
  title: String! originalPriceSet: MoneyBag! discountedPriceSet: MoneyBag!
  discountAllocations: [DiscountAllocation!]! taxLines: [TaxLine!]!
}
type ShippingLineConnection { nodes: [ShippingLine!]! pageInfo: PageInfo! }
type FulfillmentTrackingInfo { company: String number: String url: URL }
type FulfillmentLineItem { lineItem: LineItem! quantity: Int }
type FulfillmentLineItemConnection { nodes: [FulfillmentLineItem!]! pageInfo: PageInfo! }
enum FulfillmentStatus { SUCCESS CANCELLED ERROR FAILURE OPEN PENDING }
type Fulfillment implements Node {
  id: ID! status: FulfillmentStatus! createdAt: DateTime! updatedAt: DateTime! deliveredAt: DateTime
  location: Location trackingInfo(first: Int): [FulfillmentTrackingInfo!]!
  fulfillmentLineItems(first: Int, after: String): FulfillmentLineItemConnection!
}
enum OrderTransactionKind { SALE CAPTURE AUTHORIZATION VOID REFUND CHANGE EMV_AUTHORIZATION SUGGESTED_REFUND }
enum OrderTransactionStatus { SUCCESS FAILURE PENDING ERROR AWAITING_RESPONSE UNKNOWN }
type OrderTransaction implements Node {
  id: ID! kind: OrderTransactionKind! status: OrderTransactionStatus! gateway: String manualPaymentGateway: Boolean!
  errorCode: String amountSet: MoneyBag! parentTransaction: OrderTransaction
}
type OrderTransactionConnection { nodes: [OrderTransaction!]! pageInfo: PageInfo! }
enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }
type RefundLineItem { lineItem: LineItem! quantity: Int! restockType: RefundLineItemRestockType! }
type RefundLineItemConnection { nodes: [RefundLineItem!]! pageInfo: PageInfo! }
type RefundShippingLine { subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! }
type RefundShippingLineConnection { nodes: [RefundShippingLine!]! pageInfo: PageInfo! }
type Refund implements Node {
  id: ID! note: String createdAt: DateTime
  refundLineItems(first: Int, after: String): RefundLineItemConnection!
  refundShippingLines(first: Int): RefundShippingLineConnection!
  transactions(first: Int): OrderTransactionConnection!
}
enum FulfillmentOrderStatus { OPEN IN_PROGRESS CANCELLED INCOMPLETE CLOSED SCHEDULED ON_HOLD }
enum FulfillmentOrderRequestStatus {
  UNSUBMITTED SUBMITTED ACCEPTED REJECTED CANCELLATION_REQUESTED CANCELLATION_ACCEPTED CANCELLATION_REJECTED CLOSED
}
type FulfillmentHold implements Node { id: ID! handle: String heldByRequestingApp: Boolean! }
type FulfillmentOrderLineItem { lineItem: LineItem! remainingQuantity: Int! }
type FulfillmentOrderLineItemConnection { nodes: [FulfillmentOrderLineItem!]! pageInfo: PageInfo! }
type FulfillmentOrder implements Node {
  id: ID! status: FulfillmentOrderStatus! requestStatus: FulfillmentOrderRequestStatus!
  fulfillmentHolds: [FulfillmentHold!]! lineItems(first: Int): FulfillmentOrderLineItemConnection!
}
type FulfillmentOrderConnection { nodes: [FulfillmentOrder!]! pageInfo: PageInfo! }
type CustomerEmailAddress { emailAddress: String! marketingState: String! }
type Customer implements Node {
  id: ID! firstName: String lastName: String defaultEmailAddress: CustomerEmailAddress
  storeCreditAccounts(first: Int): StoreCreditAccountConnection!
}
type PurchasingCompany { company: Company! }
type Company { name: String! }
union PurchasingEntity = Customer | PurchasingCompany
type MailingAddress {
  name: String firstName: String lastName: String company: String address1: String address2: String city: String
  provinceCode: String countryCodeV2: CountryCode zip: String phone: String
}
type Order implements Node {
  id: ID! name: String! currencyCode: String! presentmentCurrencyCode: String! taxesIncluded: Boolean! note: String
  createdAt: DateTime! processedAt: DateTime! updatedAt: DateTime! cancelledAt: DateTime
  displayFinancialStatus: String paymentGatewayNames: [String!]! email: String customerLocale: String
  customerAcceptsMarketing: Boolean! tags: [String!]! sourceName: String test: Boolean! discountCodes: [String!]!
  totalPriceSet: MoneyBag! totalTaxSet: MoneyBag totalDiscountsSet: MoneyBag totalTipReceivedSet: MoneyBag!
  totalOutstandingSet: MoneyBag! originalTotalDutiesSet: MoneyBag originalTotalAdditionalFeesSet: MoneyBag
  customer: Customer shippingAddress: MailingAddress billingAddress: MailingAddress
  purchasingEntity: PurchasingEntity sourceIdentifier: String metafield(namespace: String, key: String!): Metafield
  lineItems(first: Int, after: String): LineItemConnection! shippingLines(first: Int): ShippingLineConnection!
  fulfillments(first: Int): [Fulfillment!]! refunds(first: Int): [Refund!]!
  transactions(first: Int): [OrderTransaction!]! fulfillmentOrders(first: Int): FulfillmentOrderConnection!
}
type OrderEdge { cursor: String! node: Order! }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order!]! pageInfo: PageInfo! }
enum OrderSortKeys { UPDATED_AT CREATED_AT }
type AccessScope { handle: String! }
type AppInstallation { accessScopes: [AccessScope!]! }
type ShopAddress { countryCodeV2: String }
type Domain { url: URL! }
type Shop {
  name: String! currencyCode: String! ianaTimezone: String! billingAddress: ShopAddress! primaryDomain: Domain!
}
type Job { id: ID! done: Boolean! }
type DiscountCodeBasic { title: String! }
type DiscountCodeFreeShipping { title: String! }
union DiscountCode = DiscountCodeBasic | DiscountCodeFreeShipping
type DiscountCodeNode implements Node { id: ID! codeDiscount: DiscountCode! }
enum WebhookSubscriptionTopic {
  ORDERS_CREATE ORDERS_UPDATED ORDERS_EDITED ORDERS_CANCELLED ORDERS_DELETE ORDERS_FULFILLED
  ORDERS_PARTIALLY_FULFILLED FULFILLMENTS_CREATE FULFILLMENTS_UPDATE FULFILLMENT_EVENTS_CREATE REFUNDS_CREATE
  APP_UNINSTALLED
}
enum WebhookSubscriptionFormat { JSON XML }
type WebhookSubscription implements Node { id: ID! topic: WebhookSubscriptionTopic! uri: String! }
type WebhookSubscriptionConnection { nodes: [WebhookSubscription!]! pageInfo: PageInfo! }

type Query {
  order(id: ID!): Order
  orders(query: String, first: Int, after: String, sortKey: OrderSortKeys): OrderConnection!
  customer(id: ID!): Customer
  product(id: ID!): Product
  productVariant(id: ID!): ProductVariant
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  fulfillment(id: ID!): Fulfillment
  refund(id: ID!): Refund
  job(id: ID!): Job
  shop: Shop!
  currentAppInstallation: AppInstallation!
  customerByIdentifier(identifier: CustomerIdentifierInput!): Customer
  codeDiscountNode(id: ID!): DiscountCodeNode
  codeDiscountNodeByCode(code: String!): DiscountCodeNode
  webhookSubscriptions(first: Int, after: String, topics: [WebhookSubscriptionTopic!]): WebhookSubscriptionConnection!
}
"""

_MUTATIONS = """
enum OrderCancelUserErrorCode { INTERNAL_ERROR INVALID NO_REFUND_PERMISSION NOT_FOUND }
type OrderCancelUserError { field: [String!] message: String! code: OrderCancelUserErrorCode }
type OrderCancelPayload { job: Job orderCancelUserErrors: [OrderCancelUserError!]! }
type RefundCreatePayload { refund: Refund userErrors: [UserError!]! }
type OrderUpdatePayload { order: Order userErrors: [UserError!]! }
type FulfillmentOrderSubmitCancellationRequestPayload {
  fulfillmentOrder: FulfillmentOrder userErrors: [UserError!]!
}
type FulfillmentOrderHoldUserError { field: [String!] message: String! code: String }
type FulfillmentOrderHoldPayload { userErrors: [FulfillmentOrderHoldUserError!]! }
type FulfillmentOrderReleaseHoldPayload { userErrors: [FulfillmentOrderHoldUserError!]! }
type DiscountUserError { field: [String!] message: String! code: String }
type DiscountCreatePayload { codeDiscountNode: DiscountCodeNode userErrors: [DiscountUserError!]! }
type MetafieldsSetUserError { field: [String!] message: String! code: String }
type MetafieldsSetPayload { metafields: [Metafield!] userErrors: [MetafieldsSetUserError!]! }
type OrderCreateUserError { field: [String!] message: String! code: String }
type OrderCreatePayload { order: Order userErrors: [OrderCreateUserError!]! }
type OrderEditPayload { calculatedOrder: CalculatedOrder userErrors: [UserError!]! }
type StoreCreditAccountCreditUserError { field: [String!] message: String! code: String }
type StoreCreditAccountCreditPayload {
  storeCreditAccountTransaction: StoreCreditAccountCreditTransaction
  userErrors: [StoreCreditAccountCreditUserError!]!
}
type WebhookSubscriptionPayload { webhookSubscription: WebhookSubscription userErrors: [UserError!]! }

type Mutation {
  orderCancel(
    orderId: ID! reason: OrderCancelReason! restock: Boolean! notifyCustomer: Boolean = false staffNote: String
    refundMethod: OrderCancelRefundMethodInput
  ): OrderCancelPayload
  refundCreate(input: RefundInput!): RefundCreatePayload
  orderUpdate(input: OrderInput!): OrderUpdatePayload
  metafieldsSet(metafields: [MetafieldsSetInput!]!): MetafieldsSetPayload
  orderCreate(order: OrderCreateOrderInput! options: OrderCreateOptionsInput): OrderCreatePayload
  orderEditBegin(id: ID!): OrderEditPayload
  orderEditSetQuantity(id: ID! lineItemId: ID! quantity: Int! restock: Boolean): OrderEditPayload
  orderEditAddVariant(id: ID! variantId: ID! quantity: Int! allowDuplicates: Boolean): OrderEditPayload
  orderEditCommit(id: ID! notifyCustomer: Boolean staffNote: String): OrderEditPayload
  storeCreditAccountCredit(id: ID! creditInput: StoreCreditAccountCreditInput!): StoreCreditAccountCreditPayload
  fulfillmentOrderSubmitCancellationRequest(
    id: ID! message: String
  ): FulfillmentOrderSubmitCancellationRequestPayload
  fulfillmentOrderHold(id: ID! fulfillmentHold: FulfillmentOrderHoldInput!): FulfillmentOrderHoldPayload
  fulfillmentOrderReleaseHold(id: ID! holdIds: [ID!]): FulfillmentOrderReleaseHoldPayload
  discountCodeBasicCreate(basicCodeDiscount: DiscountCodeBasicInput!): DiscountCreatePayload
  discountCodeFreeShippingCreate(freeShippingCodeDiscount: DiscountCodeFreeShippingInput!): DiscountCreatePayload
  discountCodeDeactivate(id: ID!): DiscountCreatePayload
  webhookSubscriptionCreate(
    topic: WebhookSubscriptionTopic! webhookSubscription: WebhookSubscriptionInput!
  ): WebhookSubscriptionPayload
  webhookSubscriptionUpdate(
    id: ID! webhookSubscription: WebhookSubscriptionInput!
  ): WebhookSubscriptionPayload
  webhookSubscriptionDelete(id: ID!): WebhookSubscriptionPayload
}
"""


def admin_schema() -> GraphQLSchema:
    """Built anew for each shop, in some milliseconds."""
    return build_schema(_OUTPUT + INPUT + _MUTATIONS)
