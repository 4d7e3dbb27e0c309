"""What the pytest plugin does once a test asks for it; `claudemock_contracts.pytest_plugin` is its door."""
