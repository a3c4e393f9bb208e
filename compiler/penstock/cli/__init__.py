"""The command line: one file per command. Nothing below prints, exits or reads the environment."""
