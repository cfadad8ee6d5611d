"""``fernet predict``: Tell the emotion of each face in photos, folders, videos and cameras."""
