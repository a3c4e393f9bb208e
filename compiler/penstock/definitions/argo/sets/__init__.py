"""An `ApplicationSet`: generators make sets of parameters, and a template makes an `Application` of each set."""
