package fullmakt

# Says yes, says no or fails, as the path parameter `wish` has it.

# METADATA
# entrypoint: true
request := answers[object.get(input.request.parameters, "wish", "none")]

answers["none"] := {"allow": true, "reason": "no wish"}

answers["silent"] := {"allow": false, "reason": "of its own"}

answers["outspoken"] := {"allow": false, "reason": "of its own", "publicReason": "Not on Sundays."}

answers["odd"] := {"allow": "yes", "reason": "of another type"}

answers["context"] := {"allow": false, "reason": json.marshal(input)}

# METADATA
# entrypoint: true
items := [item.owned | some item in input.items]
