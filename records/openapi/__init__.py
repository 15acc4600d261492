"""How the record endpoints appear on the OpenAPI page: shapes, examples, the views' decorators.

`records.wire` makes the answers; tests hold them against these shapes.
"""
