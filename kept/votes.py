"""Votes alone: with and without the new rows, class-level figures only; and six-part CV over training rows (es, en)."""
import sys, types, re, collections, time
sys.path.insert(0,"/work/wt-words")
for _n,_p in (("tests","tests"),("tests.bot","tests/bot")):
    _m=types.ModuleType(_n); _m.__path__=["/work/wt-words/"+_p]; sys.modules[_n]=_m
import numpy as np
from pathlib import Path
from scipy.sparse import csr_matrix, hstack
from sklearn.svm import LinearSVC
from bot.quiet import environment; environment()
from bot.pipeline import vote
from bot.pipeline.plain import unaccented
from bot.pipeline.spelling import accents, spelled
from tests.bot.held_back import all_rows, blind_rows
from tools.nlu_rows import MARKED, taught
B=Path('/work/wt-words/bot/data')
def load(rowsdir):
    fs=[p for p in B.glob('*/*.yml') if p.parent.name!='rows']+list(Path(rowsdir).glob('*.yml'))
    return [(MARKED.sub(r"\1",t),i,l) for i,ls in taught(fs).items() for l,ts in ls.items() for t in ts]
before,after=load('/tmp/words/rows_before'),load(sys.argv[2] if len(sys.argv)>2 else '/tmp/words/rows_after')
old=set(r[0] for r in before)
new=[r for r in after if r[0] not in old]
print(len(before),len(new))
H=all_rows(); bl=set(r.text for r in blind_rows())
vcache={}
def V(texts):
    need=[t for t in dict.fromkeys(texts) if t not in vcache]
    if need:
        for t,v in zip(need,vote.vectors(need,1.5)): vcache[t]=v.astype(np.float32)
    return csr_matrix(np.vstack([vcache[t] for t in texts]))
def model(rows,test):
    cs=vote._counters(); X=hstack([c.fit_transform([unaccented(t) for t,_,_ in rows]) for c in cs]).tocsr()
    acc=accents([t for t,_,_ in rows]); y=[i for _,i,_ in rows]
    M=hstack([X,V([spelled(t,acc) for t,_,_ in rows])]).tocsr()
    T=hstack([c.transform([unaccented(t) for t in test]) for c in cs]).tocsr(); TM=hstack([T,V([spelled(t,acc) for t in test])]).tocsr()
    s=0
    for A,Bx,C in ((X,T,.5),(M,TM,1.0)):
        f=LinearSVC(C=C,class_weight="balanced",random_state=7).fit(A,y)
        m=f.decision_function(Bx)*5; e=np.exp(m-m.max(1,keepdims=True)); s=s+e/e.sum(1,keepdims=True)
    return [f.classes_[k] for k in s.argmax(1)]
def f1(pairs):
    c=collections.defaultdict(lambda:[0,0,0])
    for ws,t in pairs:
        w=t if t in ws else ws[0]; c[w][0 if t==w else 2]+=1
        if t!=w: c[t][1]+=1
    return sum(2*t/(2*t+f+m) for t,f,m in c.values() if t+m)/sum(1 for t,f,m in c.values() if t+m), c
def report(name,rows):
    b=time.time(); told=model(rows,[r.text for r in H]); out={}
    for l in('en','es'):
        for which in('blind','all'):
            ps=[(r.intents,t) for r,t in zip(H,told) if r.language==l and(which=='all' or r.text in bl)]
            out[l,which]=f1(ps)
        oos=[t=='out_of_scope' for r,t in zip(H,told) if r.language==l and r.intents[0]=='out_of_scope' and r.text in bl]
        print(name,l,'blind %.4f all %.4f oos blind %.3f'%(out[l,'blind'][0],out[l,'all'][0],np.mean(oos)))
    print('  %.0f s'%(time.time()-b)); return told,out
if sys.argv[1]=='blind':
    tb,ob=report('before',before); ta,oa=report('after',after)
    for l in('en','es'):
        fx=sum(1 for r,x,y in zip(H,tb,ta) if r.language==l and r.text in bl and x not in r.intents and y in r.intents)
        br=sum(1 for r,x,y in zip(H,tb,ta) if r.language==l and r.text in bl and x in r.intents and y not in r.intents)
        print(l,'blind fixed',fx,'broken',br)
    cb,ca=ob['es','blind'][1],oa['es','blind'][1]
    for k in sorted(ca):
        if list(cb[k])!=list(ca[k]): print('  ',k,cb[k],'->',ca[k])
else:
    # other judge: rows of the training set left out, in three parts; near equal writers in all parts
    rng=np.random.RandomState(1); part=rng.randint(0,6,len(before))
    for k in(0,1,2):
        tr=[r for r,p in zip(before,part) if p!=k]; te=[r for r,p in zip(before,part) if p==k]
        for name,rows in(('without',tr),('with',tr+new)):
            told=model(rows,[t for t,_,_ in te])
            print(k,name,*('%s %.4f'%(l,f1([((i,),t) for (x,i,ll),t in zip(te,told) if ll==l])[0]) for l in('en','es')),flush=True)
