import sys;sys.path.insert(0,'/tmp/places');sys.path.insert(0,'/work/wt-places')
from rows import load
from ev import *
R=load();t=T.Tagger(Path('/tmp/places/places.crfsuite'))
import pickle
try: told=pickle.load(open('told.pkl','rb'))
except Exception:
    told=[t.places(r[3]) for r in R];pickle.dump(told,open('told.pkl','wb'))
only=len(sys.argv)>1 and sys.argv[1]=='pat'
st=collections.defaultdict(lambda:[0,0,0,0])
for r,w in zip(R,told):
    f,l,pos,text,spans=r
    got=place(text,[] if only else w) or ''
    if spans:
        want=[bare(text[b:e]) for b,e in spans]
        ok=bare(got) in want;st[l][0]+=ok;st[l][1]+=1
        if not ok and l=='es' and 'v' in sys.argv: print(f'{text[:110]!r} got {got!r} want {[text[b:e] for b,e in spans]} tagger {w}')
    else:
        st[l][2]+=bool(got);st[l][3]+=1
        if got and l=='es' and 'f' in sys.argv: print(f'FALSE {text[:110]!r} got {got!r} tagger {w}')
print({k:(v,round(v[0]/v[1],4)) for k,v in st.items()})
