"""How the endpoints appear on the OpenAPI page: shapes, examples, and the views' decorators.

`eligibility.wire` makes the answers; tests hold them against these shapes, so that the page
cannot drift from the truth.
"""
