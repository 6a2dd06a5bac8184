"""The HTTP side: routes requests to AWS Batch, to moto's services and to the control API."""
