"""The directory: what the town has to offer, imported from HSDS 3, searched by need and place, said in a text."""
