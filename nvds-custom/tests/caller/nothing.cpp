// Nothing: what counts is the name and the place.
