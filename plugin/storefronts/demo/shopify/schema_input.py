"""What the schema's queries and mutations take: the inputs of ``schema``."""

INPUT = """
input CustomerIdentifierInput { id: ID emailAddress: String phoneNumber: String }
input OrderCancelRefundMethodInput { originalPaymentMethodsRefund: Boolean }
enum OrderCancelReason { CUSTOMER DECLINED FRAUD INVENTORY OTHER STAFF }
input OrderTransactionInput {
  amount: Money! gateway: String! kind: OrderTransactionKind! orderId: ID! parentId: ID
}
input RefundLineItemInput {
  lineItemId: ID! quantity: Int! restockType: RefundLineItemRestockType locationId: ID
}
input RefundInput {
  orderId: ID! note: String notify: Boolean currency: String refundLineItems: [RefundLineItemInput!]
  transactions: [OrderTransactionInput!] allowOverRefunding: Boolean
}
input MailingAddressInput {
  firstName: String lastName: String company: String address1: String address2: String city: String
  provinceCode: String countryCode: CountryCode zip: String phone: String
}
input OrderInput { id: ID! note: String shippingAddress: MailingAddressInput }
input ContextualPricingContext { country: CountryCode }
input MetafieldsSetInput { ownerId: ID! namespace: String key: String! type: String value: String! }
scalar CurrencyCode
input MoneyInput { amount: Decimal! currencyCode: CurrencyCode! }
input MoneyBagInput { shopMoney: MoneyInput! presentmentMoney: MoneyInput }
input OrderCreateTaxLineInput { title: String! rate: Decimal! priceSet: MoneyBagInput }
input OrderCreateLineItemInput {
  variantId: ID quantity: Int! priceSet: MoneyBagInput taxLines: [OrderCreateTaxLineInput!] title: String
}
input OrderCreateShippingLineInput { title: String! priceSet: MoneyBagInput! taxLines: [OrderCreateTaxLineInput!] }
input OrderCreateFixedDiscountCodeAttributesInput { code: String! amountSet: MoneyBagInput }
input OrderCreateDiscountCodeInput { itemFixedDiscountCode: OrderCreateFixedDiscountCodeAttributesInput }
input OrderCreateOrderTransactionInput {
  kind: OrderTransactionKind = SALE status: OrderTransactionStatus = SUCCESS gateway: String amountSet: MoneyBagInput!
}
input OrderCreateAssociateCustomerAttributesInput { id: ID email: String }
input OrderCreateCustomerInput { toAssociate: OrderCreateAssociateCustomerAttributesInput }
input OrderCreateCustomAttributeInput { key: String! value: String! }
enum OrderCreateFinancialStatus { AUTHORIZED EXPIRED PAID PARTIALLY_PAID PARTIALLY_REFUNDED PENDING REFUNDED VOIDED }
input OrderCreateOrderInput {
  sourceIdentifier: String sourceName: String currency: CurrencyCode taxesIncluded: Boolean email: String note: String
  financialStatus: OrderCreateFinancialStatus customer: OrderCreateCustomerInput tags: [String!]
  shippingAddress: MailingAddressInput billingAddress: MailingAddressInput
  customAttributes: [OrderCreateCustomAttributeInput!] lineItems: [OrderCreateLineItemInput!]
  shippingLines: [OrderCreateShippingLineInput!] discountCode: OrderCreateDiscountCodeInput
  transactions: [OrderCreateOrderTransactionInput!]
}
enum OrderCreateInputsInventoryBehavior { BYPASS DECREMENT_IGNORING_POLICY DECREMENT_OBEYING_POLICY }
input OrderCreateOptionsInput {
  inventoryBehaviour: OrderCreateInputsInventoryBehavior = BYPASS sendReceipt: Boolean = false
  sendFulfillmentReceipt: Boolean = false
}
input StoreCreditAccountCreditInput { creditAmount: MoneyInput! expiresAt: DateTime notify: Boolean }
enum FulfillmentHoldReason { AWAITING_PAYMENT HIGH_RISK_OF_FRAUD INCORRECT_ADDRESS INVENTORY_OUT_OF_STOCK OTHER }
input FulfillmentOrderHoldInput {
  reason: FulfillmentHoldReason! reasonNotes: String handle: String = "" externalId: String
  notifyMerchant: Boolean = false
}
enum DiscountBuyerSelection { ALL }
input DiscountCustomersInput { add: [ID!] remove: [ID!] }
input DiscountContextInput { all: DiscountBuyerSelection customers: DiscountCustomersInput }
input DiscountMinimumSubtotalInput { greaterThanOrEqualToSubtotal: Decimal }
input DiscountMinimumRequirementInput { subtotal: DiscountMinimumSubtotalInput }
input DiscountCombinesWithInput { orderDiscounts: Boolean productDiscounts: Boolean shippingDiscounts: Boolean }
input DiscountItemsInput { all: Boolean }
input DiscountAmountInput { amount: Decimal appliesOnEachItem: Boolean }
input DiscountCustomerGetsValueInput { percentage: Float discountAmount: DiscountAmountInput }
input DiscountCustomerGetsInput { items: DiscountItemsInput value: DiscountCustomerGetsValueInput }
input DiscountCodeBasicInput {
  title: String code: String startsAt: DateTime endsAt: DateTime usageLimit: Int appliesOncePerCustomer: Boolean
  context: DiscountContextInput minimumRequirement: DiscountMinimumRequirementInput
  combinesWith: DiscountCombinesWithInput customerGets: DiscountCustomerGetsInput
}
input DiscountShippingDestinationSelectionInput { all: Boolean }
input DiscountCodeFreeShippingInput {
  title: String code: String startsAt: DateTime endsAt: DateTime usageLimit: Int appliesOncePerCustomer: Boolean
  context: DiscountContextInput minimumRequirement: DiscountMinimumRequirementInput
  combinesWith: DiscountCombinesWithInput destination: DiscountShippingDestinationSelectionInput
}
input WebhookSubscriptionInput { uri: String format: WebhookSubscriptionFormat }
"""
