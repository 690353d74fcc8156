"""What we ask of an order, in GraphQL. No single document may cost more than 1,000 points before it is run
(https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits), so the lists inside lists are short here; what is
beyond their ends is asked for by itself. The bucket must hold what a document may cost at most, and gets back what it
did not use, so short lists also let more orders be asked for at the same time."""

from __future__ import annotations

LISTED = 3  # parcels and refunds that come with their order; lists of Shopify's that have no pages
MOST_LISTED = 200

_MONEY = "{ shopMoney { amount } }"

_LINE = f"""
fragment Line on LineItem {{
  id title variantTitle sku quantity currentQuantity isGiftCard requiresShipping
  product {{ id }} variant {{ id }}
  originalUnitPriceSet {_MONEY}
  discountAllocations {{ allocatedAmountSet {_MONEY} }}
  taxLines {{ priceSet {_MONEY} }}
  duties {{ price {_MONEY} taxLines {{ priceSet {_MONEY} }} }}
}}"""

_PARCEL = """
fragment Parcel on Fulfillment {
  id status createdAt updatedAt deliveredAt
  trackingInfo(first: 1) { company number url }
  fulfillmentLineItems(first: $parcelLines, after: $after) {
    nodes { quantity lineItem { id } } pageInfo { hasNextPage endCursor }
  }
}"""

_REFUND = f"""
fragment Refunded on Refund {{
  id note createdAt
  refundLineItems(first: $refundLines, after: $after) {{
    nodes {{ quantity restockType lineItem {{ id }} }} pageInfo {{ hasNextPage endCursor }}
  }}
  refundShippingLines(first: 2) {{ nodes {{ subtotalAmountSet {_MONEY} taxAmountSet {_MONEY} }} }}
  transactions(first: 4) {{
    nodes {{ id kind status gateway amountSet {_MONEY} parentTransaction {{ id }} }} pageInfo {{ hasNextPage }}
  }}
}}"""

ORDER = f"""
query Order($id: ID!, $parcelLines: Int = 5, $refundLines: Int = 5, $after: String) {{
  currentAppInstallation {{ accessScopes {{ handle }} }}
  order(id: $id) {{
    id name currencyCode taxesIncluded createdAt processedAt updatedAt cancelledAt displayFinancialStatus
    paymentGatewayNames email customerLocale customerAcceptsMarketing tags sourceName test discountCodes
    totalPriceSet {_MONEY} totalTaxSet {_MONEY} totalDiscountsSet {_MONEY} totalTipReceivedSet {_MONEY}
    totalOutstandingSet {_MONEY} originalTotalDutiesSet {_MONEY} originalTotalAdditionalFeesSet {_MONEY}
    customer {{ id firstName lastName defaultEmailAddress {{ emailAddress marketingState }} }}
    shippingAddress {{ name countryCodeV2 zip }}
    billingAddress {{ name countryCodeV2 zip }}
    purchasingEntity {{ kind: __typename }}
    lineItems(first: 10) {{ nodes {{ ...Line }} pageInfo {{ hasNextPage endCursor }} }}
    shippingLines(first: 5) {{
      nodes {{
        title originalPriceSet {_MONEY} discountedPriceSet {_MONEY}
        discountAllocations {{ allocatedAmountSet {_MONEY} }} taxLines {{ priceSet {_MONEY} }}
      }}
    }}
    fulfillments(first: {LISTED}) {{ ...Parcel }}
    refunds(first: {LISTED}) {{ ...Refunded }}
  }}
}}
{_LINE}{_PARCEL}{_REFUND}"""

LINES = f"""
query OrderLines($id: ID!, $after: String) {{
  order(id: $id) {{
    lineItems(first: 40, after: $after) {{ nodes {{ ...Line }} pageInfo {{ hasNextPage endCursor }} }}
  }}
}}
{_LINE}"""

PARTS = f"""
query OrderParts($id: ID!) {{
  order(id: $id) {{ fulfillments(first: {MOST_LISTED}) {{ id }} refunds(first: {MOST_LISTED}) {{ id }} }}
}}"""

PARCEL = f"""
query Parcel($id: ID!, $parcelLines: Int = 100, $after: String) {{ fulfillment(id: $id) {{ ...Parcel }} }}
{_PARCEL}"""

REFUND = f"""
query Refund($id: ID!, $refundLines: Int = 100, $after: String) {{ refund(id: $id) {{ ...Refunded }} }}
{_REFUND}"""

CHANGED = """
query OrdersChanged($query: String!, $first: Int!, $after: String) {
  orders(query: $query, first: $first, after: $after, sortKey: UPDATED_AT) {
    edges { cursor node { id } } pageInfo { hasNextPage endCursor }
  }
}"""
