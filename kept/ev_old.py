import sys,re,hashlib,collections,json,os
sys.path.insert(0,'/tmp/places/old')
from pathlib import Path
from bot.pipeline import tagger as T
from bot.pipeline.places import place
from bot.pipeline.plain import unaccented
def folded(t):
    w=re.sub(r'[^\w]+',' ',unaccented(t)).strip()
    return w
LEADING = re.compile(r"^(?:(?:the|la|el|los|las|en|in|at|on|near|by|de|del) )+")
bare=lambda w: LEADING.sub('',folded(w))
if __name__=='__main__':
    t=T.Tagger(Path('/tmp/places/places.crfsuite'))
    good=n=0
    for l in open('/tmp/places/'+(sys.argv[1] if len(sys.argv)>1 else 'inv.tsv')):
        text,_,want=l.rstrip('\n').partition('\t')
        told=t.places(text)
        got=place(text,told) or ''
        ok=bare(got) in [bare(w) for w in want.split('|')]
        n+=1;good+=ok
        if not ok: print(f'{text!r}: got {got!r} want {want!r}  tagger {told} bare-pattern {place(text)!r}')
    print(good,n)
