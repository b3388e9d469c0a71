package fullmakt

# Says no, fails, or says yes, by the path parameter `wish`.

# METADATA
# entrypoint: true
request := answer if {
	wish := object.get(input.request.parameters, "wish", "")
	some [wish, answer] in [
		["", {"allow": true, "reason": "no wish"}],
		["silent", {"allow": false, "reason": "of its own"}],
		["outspoken", {"allow": false, "reason": "of its own", "publicReason": "Not on Sundays."}],
		["odd", {"allow": "yes", "reason": "of another type"}],
		["context", {"allow": false, "reason": "asked to tell", "publicReason": json.marshal(input)}],
	]
}

# METADATA
# entrypoint: true
items := [item.owned | some item in input.items]
