"""Resources → Graph: which field names which object, which references lead nowhere, and in which order objects are
applied.
"""
