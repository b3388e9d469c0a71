# METADATA
# title: Fullmakt's default policy
# description: >
#   Data belongs to the owner of the goods, who alone may share it. The host has decided which grants are
#   live (active, confirmed, not ended); these rules decide what follows from them.
package fullmakt

# METADATA
# title: May the request be made at all?
# description: >
#   Asked once a request. Any live subscription of the route's API product may make it: a caller without a
#   grant gets empty lists, never a refusal that tells it that there was something to see.
# entrypoint: true
request := {"allow": true, "reason": "the subscription is of the route's API product"} if subscribed

else := {
	"allow": false,
	"reason": "the subscription is not of the route's API product",
	"publicReason": "The subscription is for another API product.",
}

subscribed if input.identity.subscription.apiProduct == input.request.apiProduct
