"""The status page: its words, its drawings, and what it shows to whom."""
