"""What an operator is given in ``deploy/``, run as it is."""
