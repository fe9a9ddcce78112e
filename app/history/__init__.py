"""What the health and the work have been: minute by minute, hour by hour."""
