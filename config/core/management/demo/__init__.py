"""The demo: two clients, their people, and ninety days of history played through the real pipeline."""
