package fullmakt

# METADATA
# title: Which items does the caller see?
# description: >
#   Asked once a batch of distinct items. Answers one boolean an item, in their order.
# entrypoint: true
items := [visible(item) | some item in input.items]

# False, never undefined: an undefined answer would drop out of the list and shift those behind it.
default visible(_) := false

# The owner itself: one of its primary emails.
visible(item) if item.owned == true

# A partner of the owner.
visible(item) if {
	some grant in item.grants
	covers(grant.scope, item.attributes)
}

# Every attribute that the scope names must be among the values that it admits. One that the item lacks is
# undefined, and so not covered. An empty scope covers everything; an empty list of values, nothing.
covers(scope, attributes) if {
	is_object(scope) # `every` holds for whatever has no elements
	every name, admitted in scope {
		attributes[name] in admitted
	}
}
