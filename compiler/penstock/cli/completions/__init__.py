"""What shells complete: the words of every command, told by its own parser, and a script for each shell."""
