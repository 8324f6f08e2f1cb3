import sys
sys.path.insert(0,'/tmp/places/old')
from bot.pipeline.places import place as _old
import bot; assert 'old' in bot.__file__
sys.path.insert(0,'/tmp/places')
import sys;sys.path.insert(0,'/tmp/places');sys.path.insert(0,'/work/wt-places')
from rows import load
from ev import *
place=_old
import pickle
if "x" in sys.argv: sys.argv.remove("x")
R=load();F=pickle.load(open(f'/tmp/places/folds_{sys.argv[1]}.pkl','rb'))
res={}
for kind,told in F.items():
    st=collections.defaultdict(lambda:[0,0,0,0,0])
    for i,(r,w) in enumerate(zip(R,told)):
        f,l,pos,text,spans=r
        got=place(text,w) or ''
        if spans:
            want=[bare(text[b:e]) for b,e in spans];g=bare(got)
            ok=g in want;near=bool(g) and any(g in x or x in g for x in want)
            st[l][0]+=ok;st[l][1]+=1;st[l][2]+=near
            res[kind,text]=(l,ok,got,[text[b:e] for b,e in spans],w)
        else:
            st[l][3]+=bool(got);st[l][4]+=1
            res[kind,text]=(l,not got,got,[],w)
    print(kind,{k:f'{v[0]/v[1]:.4f} ({v[0]}) near {v[2]/v[1]:.4f} false {v[3]}/{v[4]}' for k,v in st.items()})
base='/tmp/places/res.pkl'
if 'save' in sys.argv: pickle.dump(res,open(base,'wb'))
else:
    old=pickle.load(open(base,'rb'))
    for k,v in res.items():
        o=old.get(k)
        if o and o[2]!=v[2] and o[1]!=v[1]: print('BETTER' if v[1] else 'WORSE ',k[0],v[0],repr(k[1][:100]),'old',repr(o[2]),'new',repr(v[2]),'want',v[3])
if 'miss' in sys.argv:
    for k,v in res.items():
        if not v[1] and v[3] and v[0]==sys.argv[-1]: print('MISS',k[0],repr(k[1][:120]),'got',repr(v[2]),'want',v[3],'tagger',v[4])
