"""How :func:`fernet.datasets.make_faces` draws: randomness, expressions, features, camera.

Everything here is sums, products, quotients and square roots, which IEEE 754 rounds the same way
everywhere; there is no ``exp``, ``sin`` or ``pow``, whose last bit depends on the machine. That is
what lets one seed give the same bytes on every computer.
"""
