"""The status page: the same report and the same past, for people to look at."""
