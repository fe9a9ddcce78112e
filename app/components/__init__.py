"""What is checked: one file a component, what it is, how it is checked and told."""
