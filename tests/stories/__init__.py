"""What people do in the portal, from the login to the payer's answer, in a real browser."""
