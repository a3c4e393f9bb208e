"""An `ApplicationSet`: generators give parameters, and a template makes an `Application` of each set of them."""
