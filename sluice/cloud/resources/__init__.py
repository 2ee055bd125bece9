"""How each resource type of the program is created through its AWS API: what the provider's binary does, done here.

One module a service; each function in it creates one type and returns its id and outputs. A type that is not here, and
an input that its function does not take, nested ones too, are errors: nothing that the program asks for is skipped.
"""
