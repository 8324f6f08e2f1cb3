import sys,re,json
sys.path.insert(0,'/work/wt-places')
from pathlib import Path
def load():
    out=[]
    M=re.compile(r"\[([^\]]+)\]\(place\)")
    for f in sorted(Path('/work/wt-places/bot/data/rows').glob('*.yml')):
        L=None;mk=False;pos=0
        for l in f.read_text().split('\n'):
            m=re.search(r'metadata: \{language: (\w+)(.*)\}',l)
            if m: L=m.group(1);mk='marked' in l;pos=0;continue
            s=l.strip()
            if s.startswith('- ') and L and mk and not s.startswith('- intent'):
                t=s[2:].strip();text='';spans=[];last=0
                for m in M.finditer(t):
                    text+=t[last:m.start()];b=len(text);text+=m.group(1);spans.append((b,len(text)));last=m.end()
                text+=t[last:]
                out.append((f.stem,L,pos,text,spans));pos+=1
    return out
