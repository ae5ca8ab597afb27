"""What is stored: pages, media assets, units and taxonomy. No I/O, no policy."""
