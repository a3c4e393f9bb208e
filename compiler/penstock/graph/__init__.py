"""Resources → Graph: which field names which object, what leads nowhere, and in which order to apply."""
