"""What a replacement makes of the value that it copies."""
