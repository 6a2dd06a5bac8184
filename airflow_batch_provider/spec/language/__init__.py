"""The models of the workflow language, one module a subject; ``spec.models`` gathers them."""
