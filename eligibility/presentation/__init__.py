"""The product's words for people: pages take them from here, so that all of them say the same."""
