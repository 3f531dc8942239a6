"""The playground: small terrains, objects, gadgets and rules, and a goal of its own for every agent."""
