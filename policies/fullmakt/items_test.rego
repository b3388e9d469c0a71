package fullmakt_test

import data.fullmakt

test_an_owner_sees_its_own_item if {
	verdict(item(true, [])) == true
}

test_an_owner_sees_its_own_item_whatever_it_has_granted if {
	verdict(item(true, [grant({"distributor": ["20004"]})])) == true
}

test_nobody_else_sees_an_item_without_a_grant if {
	verdict(item(false, [])) == false
}

test_only_true_makes_an_owner if {
	every owned in ["true", "yes", 1, {}, [], null] {
		verdict(item(owned, [])) == false
	}
}

test_a_partner_sees_all_by_a_grant_without_scope if {
	verdict(item(false, [grant({})])) == true
}

test_a_partner_sees_an_item_of_the_distributor_in_its_scope if {
	verdict(item(false, [grant({"distributor": ["20003"]})])) == true
	verdict(item(false, [grant({"distributor": ["20004", "20003"]})])) == true
}

test_a_partner_sees_no_item_of_another_distributor if {
	verdict(item(false, [grant({"distributor": ["20004"]})])) == false
}

test_values_are_compared_whole_and_as_text if {
	every value in ["2000", "200033", " 20003", 20003, null] {
		verdict(item(false, [grant({"distributor": [value]})])) == false
	}
}

test_a_scope_that_admits_no_value_covers_nothing if {
	verdict(item(false, [grant({"distributor": []})])) == false
}

test_every_attribute_in_a_scope_must_match if {
	both := {"distributor": ["20003"], "region": ["north"]}
	verdict(with_region(item(false, [grant(both)]), "north")) == true
	verdict(with_region(item(false, [grant(both)]), "south")) == false
}

test_an_attribute_that_the_item_lacks_is_not_covered if {
	verdict(item(false, [grant({"region": ["north"]})])) == false
	verdict({"attributes": {}, "owned": false, "grants": [grant({"distributor": ["20003"]})]}) == false
	verdict({"owned": false, "grants": [grant({"distributor": ["20003"]})]}) == false
}

test_one_of_several_grants_is_enough if {
	verdict(item(false, [grant({"distributor": ["20004"]}), grant({"distributor": ["20003"]})])) == true
}

test_grants_are_not_added_up if {
	grants := [
		grant({"distributor": ["20003"], "region": ["south"]}),
		grant({"distributor": ["20004"], "region": ["north"]}),
	]
	verdict(with_region(item(false, grants), "north")) == false
}

test_a_scope_that_is_no_object_covers_nothing if {
	every scope in ["", "20003", [], ["20003"], 0, null, true] {
		verdict(item(false, [grant(scope)])) == false
	}
	verdict(item(false, [{"roleId": "STOCK_READ"}])) == false
}

test_values_that_are_no_list_admit_nothing if {
	every admitted in ["20003", null, true, 20003] {
		verdict(item(false, [grant({"distributor": admitted})])) == false
	}
}

test_every_item_is_answered_in_its_place if {
	fullmakt.items == [true, false, true, false, false, true] with input as {"items": [
		item(true, []),
		item(false, []),
		item(false, [grant({})]),
		{},
		"odd",
		item(true, []),
	]}
}

test_no_items_no_answers if {
	fullmakt.items == [] with input as {"items": []}
	fullmakt.items == [] with input as {}
}

verdict(one) := answer if {
	[answer] := fullmakt.items with input as {"items": [one]}
}

item(owned, grants) := {
	"attributes": {"owner": "10001", "distributor": "20003"},
	"owned": owned,
	"grants": grants,
}

with_region(one, region) := object.union(one, {"attributes": {"region": region}})

grant(scope) := {"roleId": "STOCK_READ", "scope": scope}
