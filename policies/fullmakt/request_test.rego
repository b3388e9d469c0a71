package fullmakt_test

import data.fullmakt

test_a_subscription_of_the_routes_api_product_may_make_the_request if {
	decision := fullmakt.request with input as call("my-products", "my-products")
	decision.allow == true
	decision.reason == "the subscription is of the route's API product"
	not decision.publicReason
}

test_a_caller_without_any_role_may_make_the_request if {
	decision := fullmakt.request with input as object.union(
		call("my-products", "my-products"),
		{"identity": {"owns": [], "roleIds": []}},
	)
	decision.allow == true
}

test_a_subscription_of_another_api_product_may_not if {
	decision := fullmakt.request with input as call("products", "my-products")
	decision == {
		"allow": false,
		"reason": "the subscription is not of the route's API product",
		"publicReason": "The subscription is for another API product.",
	}
}

test_what_an_input_lacks_is_no_reason_to_allow if {
	complete := call("my-products", "my-products")
	every lacking in [
		{},
		json.remove(complete, ["identity"]),
		json.remove(complete, ["identity/subscription"]),
		json.remove(complete, ["identity/subscription/apiProduct"]),
		json.remove(complete, ["request"]),
		json.remove(complete, ["request/apiProduct"]),
		{"request": {}, "identity": {"subscription": {}}},
	] {
		decision := fullmakt.request with input as lacking
		decision.allow == false
	}
}

call(subscribed, asked) := {
	"request": {"method": "GET", "path": "/my-products/v0/stock-per-store", "apiProduct": asked},
	"identity": {
		"userId": "u1",
		"email": "api@distributor.no",
		"subscription": {"id": "s1", "apiProduct": subscribed},
		"owns": [],
		"roleIds": ["STOCK_READ"],
	},
	"now": "2026-05-05T12:00:00Z",
}
