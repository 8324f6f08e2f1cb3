"""train per fold and cache: folds.py NAME"""
import sys;sys.path.insert(0,'/tmp/places');sys.path.insert(0,'/work/wt-places')
from rows import load
from ev import *
import pickle
name=sys.argv[1];kinds=sys.argv[2].split(',') if len(sys.argv)>2 else ['pos','hash']
R=load();out={}
cnt=collections.Counter((r[0],r[1]) for r in R)
def part(r,kind):
    if kind=='pos': return r[2]*3//cnt[r[0],r[1]]
    return int(hashlib.md5(r[3].encode()).hexdigest(),16)%3
for kind in kinds:
    told=[None]*len(R)
    for k in range(3):
        extra=[]
        if 'more' in name:
            import more; extra=[(t,s) for t,s,_ in more.rows()]
        T.train([(r[3],r[4]) for r in R if part(r,kind)!=k]+extra,Path('/tmp/places/f.crf'))
        t=T.Tagger(Path('/tmp/places/f.crf'))
        for i,r in enumerate(R):
            if part(r,kind)==k: told[i]=t.places(r[3])
        print(kind,k,flush=True)
    out[kind]=told
pickle.dump(out,open(f'/tmp/places/folds_{name}.pkl','wb'))
