"""The models that the ceph pipeline is made of, one folder each."""
