"""`make fuzz`: requests made up from the API's own schema, sent by two teams as peers."""
