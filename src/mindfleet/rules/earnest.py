"""What is not meant as a statement about oneself: questions, ifs and wishes, other people's words, jokes, commands."""

import re


def message_in_earnest(content: str) -> bool:
    """False when the whole message is a command to the machine, a song, or meant as a joke."""
    return not _MACHINE.search(content) and not _JOKE.search(content) and not _verse(content)


def sentence_in_earnest(sentence: str) -> bool:
    """False when nothing in the sentence is claimed to be so."""
    return not _UNREAL_SENTENCE.search(sentence)


def clause_in_earnest(clause: str) -> bool:
    """False when this clause (contractions spelt out) is supposed, doubted, or somebody else's words."""
    return not _UNREAL.search(clause) and not _REPORTED.search(clause)


_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\s+(?:all\s+|any\s+|everything\s+)?(?:of\s+)?(?:the\s+|your\s+|my\s+)?"
    r"(?:previous|prior|above|earlier|preceding|system|instructions?|rules|prompts?|guidelines|programming)"
    r"|\bsystem\s*(?:prompt|message|override)|\byou are now\b|\bdeveloper mode\b|\bjailbreak|\bact as\b|\bpretend\b"
    r"|\brole-?play|\bnew instructions?\b|\[/?inst\]|<\|?(?:system|im_start)|^\s*(?:system|assistant|user)\s*:"
    r"|\b(?:I am|I'm|im)\s+(?:now\s+)?(?:the|your|an?|a\s+\w+)\s+(?:new\s+)?(?:admin|administrator|root|owner|creator|developer|moderator"
    r"|master|god|boss|superuser|operator)\b(?!\s+(?:of|at|in|for)\b)|\bsudo\b|\bdebug mode\b"
    r"|\b(?:store|save|write|add|record|insert)\s+(?:this|that|it|the following)\b.{0,40}\b(?:memory|facts?|profile|database)\b"
    r"|\blet's (?:pretend|imagine|say|play)\b|\bin this (?:story|game|scenario|world)\b|\bin character\b|\bplaying the role\b",
    re.IGNORECASE | re.MULTILINE,
)
_JOKE = re.compile(
    r"(?:^|\s)/s\b|\b(?:just|only|i'?m|am)?\s*(?:kidding|joking)\b|\bjk\b|\bsaid no one ever\b|\byeah,? right\b|\blol no\b"
    r"|\bnot\s*!+\s*$|\bas if\s*[!.]|🙄|🙃|\bsarcas|♪|♫|🎵|🎶|\blyrics?\b|\btrust me bro\b|\bjust what i (?:needed|always wanted)\b"
    r"|\byou wish\b|\bpsych\s*!|\bapril fool",
    re.IGNORECASE,
)
_UNREAL_SENTENCE = re.compile(
    r"^\W*(?:if|imagine|suppose|supposing|unless|were I|had I|should I|say I|what if|let'?s say|picture|assuming|whether"
    r"|in (?:my|a|another) (?:dreams?|past life|perfect world|parallel)|wish|if only|hypothetically|in theory|once upon)\b"
    r"|\b(?:would rather die|or something like that|as they say|so to speak|figuratively|metaphorically"
    r"|the saying goes|queen of england|king of the world)\b",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:if|unless|as if|as though|wish(?:ed|es|ing)?|imagin(?:e|ed|ing)|suppos(?:e|ed|edly)|pretend(?:ed|ing)?|maybe|perhaps|possibly"
    r"|probably|whether|supposed to|hypothetically|i guess|i bet|almost|nearly|not sure|no idea|apparently|technically|basically"
    r"|practically|officially dead|more like|in theory|allegedly|once upon|by any chance|dreamed that|dreamt that|had a dream|joke[ds]?"
    r"|i might|i may|might be|may be|could be|sometimes i feel|i feel like|seems? (?:like|to)|like i am|is like|was like)\b"
    r"|^(?:let us|let's|please|can you|could you|would you|do you|are you|have you|did you|what|where|who|why|how|when|which)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:(?:he|she|they|people|everyone|everybody|someone|somebody|mom|mum|dad|mother|father|friends?|sister|brother|boss|doctor|teacher"
    r"|wife|husband|boyfriend|girlfriend|article|song|movie|book|character|guy|girl|man|woman|some|many)\s+(?:always\s+|once\s+|also\s+)?"
    r"(?:said|says?|told|tells?|thinks?|thought|claims?|claimed|believes?|asked|asks|wrote|writes|swears?|insists?|keeps? (?:saying|telling)))"
    r"|\b(?:i|we) (?:think|believe|guess|suppose|assume|heard|hear|doubt|read that|was told|have heard|said|told|thought|figure)\b"
    r"|\baccording to\b|\bquote\b|\bsupposedly\b|\brumou?r\b",
    re.IGNORECASE,
)
_VERSE_LINES = 4
_SLASHED = re.compile(r"\w ?/ ?\w[^/\n]{8,}/ ?\w")


def _verse(content: str) -> bool:
    """Many short lines without a full stop, or lines parted by slashes."""
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    short = [line for line in lines if len(line.split()) < 10 and line[-1] not in ".!?:"]  # noqa: PLR2004 - a verse's length
    return (len(lines) >= _VERSE_LINES and len(short) == len(lines)) or bool(_SLASHED.search(content))
