"""The wire contract, line by line: each test is named after the line that it holds."""
