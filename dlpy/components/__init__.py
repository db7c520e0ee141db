"""The base classes of everything an experiment file can name.

A component is a frozen class whose fields are exactly the options that YAML may give, with one method that makes
the real thing. Defining a subclass with `name: Literal["my_name"] = "my_name"` registers it. No Keras is imported
until that method runs.
"""
