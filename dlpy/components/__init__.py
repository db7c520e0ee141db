"""The base classes of all components that an experiment file can name.

A component is a frozen class. Its fields are exactly the options that an experiment file can set, and one method builds
the object itself. Defining a subclass with `name: Literal["my_name"] = "my_name"` registers it. Keras is not imported
before that method runs.
"""
