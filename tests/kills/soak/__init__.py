"""A long random history of one house: editors, publishers, and what kills them."""
