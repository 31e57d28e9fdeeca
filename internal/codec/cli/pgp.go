package cli

// pgpSealed reports whether the first packet of an OpenPGP key (RFC 9580) is a secret key
// whose secret part is sealed: after the public part stands a byte that is 0 for "not".
func pgpSealed(b []byte) bool {
	body := pgpPacket(b)
	if len(body) < 7 || body[0] != 4 {
		return false // version 3 and 6 are rare; being wrong is to report one too many
	}
	rest := body[6:]
	switch body[5] { // the algorithm decides which numbers make the public part
	case 1, 2, 3:
		rest = skipNumbers(rest, 2)
	case 16:
		rest = skipNumbers(rest, 3)
	case 17:
		rest = skipNumbers(rest, 4)
	case 18, 19, 22:
		rest = skipNumbers(skipShort(rest), 1)
		if body[5] == 18 {
			rest = skipShort(rest)
		}
	case 25, 27:
		rest = skip(rest, 32)
	default:
		return false
	}
	return len(rest) > 0 && rest[0] != 0
}

// pgpPacket is the body of the first packet, if that is a secret key.
func pgpPacket(b []byte) []byte {
	if len(b) < 3 || b[0]&0x80 == 0 {
		return nil
	}
	tag, head := b[0]&0x3f, 2
	if b[0]&0x40 == 0 { // the old form has the length's length in the tag
		tag = b[0] >> 2 & 0x0f
		head = 1 + 1<<(b[0]&3)
	} else if b[1] >= 192 && b[1] < 224 {
		head = 3
	} else if b[1] == 255 {
		head = 6
	}
	if tag != 5 {
		return nil
	}
	return skip(b, head)
}

func skip(b []byte, n int) []byte { return b[min(n, len(b)):] }

// skipShort passes over what begins with its length in one byte: a curve, the parameters of
// a derivation.
func skipShort(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return skip(b, 1+int(b[0]))
}

// skipNumbers passes over integers that begin with their length in bits.
func skipNumbers(b []byte, n int) []byte {
	for range n {
		if len(b) < 2 {
			return nil
		}
		b = skip(b, 2+(int(b[0])<<8|int(b[1])+7)/8)
	}
	return b
}
