"""Webhooks: the portal calls the integrator when something has come to its end.

`outbox` writes events in the transaction of what they tell of, `sender` delivers them, `signing`
says how a receiver knows them for ours, `operations` are the verbs on endpoints.
"""
