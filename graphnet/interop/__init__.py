"""Layer 7: files that other programs read and write: weights in safetensors."""
