"""How a replacement changes the value that it copies."""
